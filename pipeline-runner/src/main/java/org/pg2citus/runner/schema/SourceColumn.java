package org.pg2citus.runner.schema;

import java.util.Optional;
import java.util.Set;

/**
 * A column of the source, with what matters for spreading rows by it.
 *
 * @param type as {@code format_type} writes it
 * @param domain the type is a domain
 * @param narrowSequence it is filled by a sequence of type integer or smallint
 */
record SourceColumn(
        String name,
        String type,
        boolean domain,
        boolean notNull,
        boolean generated,
        boolean narrowSequence,
        Optional<Statistics> statistics) {

    // Keys are of these types. Citus takes more, but nobody looks rows up by them: times come in bursts, floats have no
    // exact equality, truth values and enums have too few values.
    private static final Set<String> SUITED = Set.of(
            "smallint", "integer", "bigint", "numeric", "uuid", "text", "character varying", "character", "citext");

    /**
     * What ANALYZE has found.
     *
     * @param nullFraction of all rows
     * @param distinct the number of different values
     * @param commonestFraction the share of rows that have the commonest value; 0 when none stands out
     */
    record Statistics(double nullFraction, double distinct, double commonestFraction) {}

    /** The type without its length: Citus colocates columns whose types differ in that only. */
    String baseType() {
        int open = type.indexOf('(');
        return open < 0 ? type : type.substring(0, open);
    }

    /** Whether it may be proposed as a distribution column. */
    boolean isSuited() {
        String unqualified = baseType().substring(baseType().lastIndexOf('.') + 1);
        return !domain && !generated && SUITED.contains(unqualified);
    }

    double distinct() {
        return statistics.map(Statistics::distinct).orElse(0.0);
    }
}
