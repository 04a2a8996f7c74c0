package org.pg2citus.runner.sql;

/** SQL that ends within a quote or a comment. */
public final class UnclosedSqlException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** @param what is open, for messages */
    UnclosedSqlException(String what, String line) {
        super("a %s does not end, in the line: %s".formatted(what, line));
    }
}
