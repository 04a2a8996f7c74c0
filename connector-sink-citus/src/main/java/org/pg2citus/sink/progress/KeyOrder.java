package org.pg2citus.sink.progress;

/**
 * How the source orders the values of a key column, computed from their text: only for types whose order does not depend
 * on a collation or a setting.
 */
public enum KeyOrder {
    /** smallint, integer and bigint. */
    INTEGER {
        @Override
        public int compare(String left, String right) {
            return Long.compare(Long.parseLong(left), Long.parseLong(right));
        }
    },
    /** uuid: PostgreSQL compares the 16 bytes; its text has their hexadecimal digits, in lower case, all at one place. */
    UUID {
        @Override
        public int compare(String left, String right) {
            return left.compareTo(right);
        }
    };

    /** Compares two values in PostgreSQL's own text form. */
    public abstract int compare(String left, String right);
}
