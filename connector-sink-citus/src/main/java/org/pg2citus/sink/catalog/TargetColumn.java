package org.pg2citus.sink.catalog;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * A column of a target table.
 *
 * @param type the SQL name of its type without length or precision, so that a cast to it never cuts a value; of a
 *     domain, the type below it. The assignment to the column then checks the length and the domain
 * @param domain true when the column's own type is a domain over this one
 * @param arrayType the SQL name of the array of this type, if arrays of it can be passed to {@code unnest}: not so for
 *     arrays, which it would flatten, and composites, which it would expand
 * @param generated computed by the target: never written
 * @param alwaysIdentity GENERATED ALWAYS AS IDENTITY: COPY may write it, UPDATE may not
 * @param equality the operator of the type's default btree or hash class, for example {@code =}; empty for types
 *     without one, such as json, xml and point, and for arrays and composites, which may have such elements
 * @param equalIsSame true when equal values have equal text; not so for numeric, where 1.0 = 1.00
 */
public record TargetColumn(
        String name,
        String type,
        boolean domain,
        Optional<String> arrayType,
        boolean generated,
        boolean alwaysIdentity,
        Optional<String> equality,
        boolean equalIsSame) {

    public TargetColumn {
        requireNonNull(name, "name is null");
        requireNonNull(type, "type is null");
        requireNonNull(arrayType, "arrayType is null");
        requireNonNull(equality, "equality is null");
    }
}
