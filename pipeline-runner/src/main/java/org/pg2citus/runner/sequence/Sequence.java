package org.pg2citus.runner.sequence;

import static java.util.Objects.requireNonNull;

import java.math.BigInteger;
import java.util.Optional;
import org.pg2citus.sink.change.TableId;

/**
 * A sequence and where it stands.
 *
 * @param id schema and name
 * @param owner the column that it belongs to: of a serial or identity column; empty for a free-standing one
 * @param type {@code smallint}, {@code integer} or {@code bigint}
 * @param increment negative for a descending one, never 0
 * @param min the least value it gives
 * @param max the greatest value it gives
 * @param cycle begins again when it is used up
 * @param lastValue the value given last; before the first, the value to be given first
 * @param called it has given a value
 */
record Sequence(
        TableId id,
        Optional<Owner> owner,
        String type,
        long increment,
        long min,
        long max,
        boolean cycle,
        long lastValue,
        boolean called) {

    /** The column that a sequence belongs to. */
    record Owner(TableId table, String column) {
        Owner {
            requireNonNull(table, "table is null");
            requireNonNull(column, "column is null");
        }

        @Override
        public String toString() {
            return table + "." + column;
        }
    }

    Sequence {
        requireNonNull(id, "id is null");
        requireNonNull(owner, "owner is null");
        requireNonNull(type, "type is null");
        if (increment == 0) {
            throw new IllegalArgumentException("sequence %s has an increment of 0".formatted(id));
        }
    }

    boolean ascending() {
        return increment > 0;
    }

    /** What the next call gives if nothing ends or begins anew; may lie beyond the limits, and beyond 64 bits. */
    BigInteger next() {
        BigInteger last = BigInteger.valueOf(lastValue);
        return called ? last.add(BigInteger.valueOf(increment)) : last;
    }

    /** Whether {@code value} comes after {@code other} in the order in which the sequence gives them. */
    boolean isAfter(BigInteger value, BigInteger other) {
        return ascending() ? value.compareTo(other) > 0 : value.compareTo(other) < 0;
    }

    /** The limit that it runs into. */
    BigInteger end() {
        return BigInteger.valueOf(ascending() ? max : min);
    }

    /** Where it begins anew when it cycles. */
    BigInteger beginning() {
        return BigInteger.valueOf(ascending() ? min : max);
    }
}
