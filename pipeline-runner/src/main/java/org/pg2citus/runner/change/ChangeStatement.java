package org.pg2citus.runner.change;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;
import org.pg2citus.runner.sql.SqlCursor;
import org.pg2citus.runner.sql.SqlToken;
import org.pg2citus.runner.sql.SqlTokens;

/**
 * A statement of the file.
 *
 * @param sql as it is written, without the semicolon
 */
record ChangeStatement(String sql, StatementKind kind, List<SqlToken> tokens) {

    private static final int SHORT = 80;

    private static final Set<String> TRANSACTION = Set.of("begin", "start", "commit", "end");
    private static final Set<String> SETTING = Set.of("set");
    private static final Set<String> REFUSED_SETTINGS = Set.of(
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "role",
            "authorization",
            "session_authorization",
            "characteristics",
            "session_replication_role");
    private static final Set<String> DATA = Set.of("insert", "update", "delete", "merge", "truncate", "with");
    private static final Set<String> DEFINITION =
            Set.of("alter", "create", "drop", "comment", "grant", "revoke", "security", "import", "reassign");
    private static final Set<String> OPAQUE = Set.of("select", "do", "call", "values", "table", "execute");
    private static final Set<String> SOURCE_ONLY = Set.of("lock", "analyze");

    ChangeStatement {
        requireNonNull(sql, "sql is null");
        requireNonNull(kind, "kind is null");
        tokens = List.copyOf(tokens);
    }

    /**
     * Reads one.
     *
     * @throws MigrationException SC012 when it cannot be part of a transaction that changes both sides
     */
    static ChangeStatement of(String sql) {
        List<SqlToken> tokens = SqlTokens.of(sql);
        if (tokens.stream().anyMatch(token -> token.is("\\"))) {
            throw psql(sql);
        }
        String first = tokens.get(0).text();
        refuseOutsideOfTransactions(sql, first, tokens);
        StatementKind kind = kind(sql, first, tokens);
        return kind == StatementKind.SETTING ? setting(sql, tokens) : new ChangeStatement(sql, kind, tokens);
    }

    /** A setting ends with the transaction, as our sessions are used for more than the file. */
    private static ChangeStatement setting(String sql, List<SqlToken> tokens) {
        SqlCursor cursor = new SqlCursor(tokens);
        cursor.accept("set");
        if (cursor.accept("constraints") || cursor.accept("transaction")) {
            return new ChangeStatement(sql, StatementKind.SETTING, tokens);
        }
        boolean isLocal = cursor.accept("local");
        if (!isLocal) {
            cursor.accept("session");
        }
        String rest = sql.substring(cursor.position());
        String name = cursor.name().orElse("");
        if (REFUSED_SETTINGS.contains(name)) {
            throw refused(sql, "the command sets this itself, or needs it as it is", "leave it out of the file");
        }
        String local = "SET LOCAL " + rest;
        return isLocal
                ? new ChangeStatement(sql, StatementKind.SETTING, tokens)
                : new ChangeStatement(local, StatementKind.SETTING, SqlTokens.of(local));
    }

    /** The refusal of a command that only psql knows. */
    static MigrationException psql(String command) {
        return refused(command, "commands of psql are not SQL", "write the statement itself into the file");
    }

    private static StatementKind kind(String sql, String first, List<SqlToken> tokens) {
        if (TRANSACTION.contains(first)) {
            return StatementKind.TRANSACTION;
        }
        if (SETTING.contains(first)) {
            return StatementKind.SETTING;
        }
        if (DATA.contains(first)) {
            return StatementKind.DATA;
        }
        if (startsWith(tokens, "alter", "publication")
                || startsWith(tokens, "create", "publication")
                || startsWith(tokens, "drop", "publication")
                || SOURCE_ONLY.contains(first)) {
            return StatementKind.SOURCE_ONLY;
        }
        if (DEFINITION.contains(first)) {
            refuseRowsInDefinition(sql, tokens);
            return StatementKind.DEFINITION;
        }
        if (OPAQUE.contains(first)) {
            return StatementKind.OPAQUE;
        }
        throw refused(sql, "it changes no schema", "leave it out of the file");
    }

    private static void refuseOutsideOfTransactions(String sql, String first, List<SqlToken> tokens) {
        boolean isIndex = tokens.stream().limit(4).anyMatch(token -> token.is("index"));
        if ((isIndex || first.equals("reindex") || first.equals("alter"))
                && tokens.stream().anyMatch(token -> token.depth() == 0 && token.is("concurrently"))) {
            throw refused(
                    sql,
                    "CONCURRENTLY cannot be part of a transaction",
                    "an index that enforces nothing needs no barrier: run the statement on each side by itself. For a"
                            + " unique one leave out CONCURRENTLY");
        }
        if (Set.of("vacuum", "reindex", "cluster", "checkpoint", "load", "discard")
                        .contains(first)
                || startsWith(tokens, "alter", "system")
                || startsWith(tokens, "create", "database")
                || startsWith(tokens, "drop", "database")
                || startsWith(tokens, "create", "tablespace")
                || startsWith(tokens, "drop", "tablespace")
                || startsWith(tokens, "create", "subscription")
                || startsWith(tokens, "alter", "subscription")
                || startsWith(tokens, "drop", "subscription")) {
            throw refused(sql, "it cannot be part of a transaction, or changes no table", "run it by itself");
        }
        if (Set.of("rollback", "abort", "savepoint", "release", "prepare", "reset")
                .contains(first)) {
            throw refused(sql, "the file is one transaction", "leave it out of the file");
        }
        if (startsWith(tokens, "alter", "table")
                && tokens.stream().anyMatch(token -> token.depth() == 0 && token.is("attach"))) {
            throw refused(
                    sql,
                    "rows that the partition has already are in no copy",
                    "CREATE TABLE ... PARTITION OF, and INSERT the rows at the end of the file");
        }
        if (first.equals("copy")) {
            throw refused(sql, "rows are not in this file", "load the rows after the change, on the source alone");
        }
        if (startsWith(tokens, "alter", "type")
                && tokens.stream().anyMatch(token -> token.is("rename"))
                && tokens.stream().anyMatch(token -> token.is("value"))) {
            throw refused(
                    sql,
                    "no lock keeps others from writing the old label meanwhile, so no position is between old and new"
                            + " ones",
                    "add a value, and change the rows to it with UPDATE");
        }
        boolean renamesSchema =
                startsWith(tokens, "alter", "schema") && tokens.stream().anyMatch(token -> token.is("rename"));
        boolean changesComposite = startsWith(tokens, "alter", "type")
                && tokens.stream().anyMatch(token -> token.depth() == 0 && token.is("attribute"));
        if (renamesSchema || changesComposite) {
            throw refused(
                    sql,
                    "it locks no table, so no position is between rows of the old form and of the new one",
                    "do it when the migration is over");
        }
    }

    /** Rows that a definition makes are made by each side from its own, and the stream brings them, too. */
    private static void refuseRowsInDefinition(String sql, List<SqlToken> tokens) {
        boolean createsTable = startsWith(tokens, "create")
                && tokens.stream().limit(4).anyMatch(token -> token.is("table"))
                && tokens.stream().noneMatch(token -> token.is("materialized"));
        if (createsTable && tokens.stream().anyMatch(token -> token.depth() == 0 && token.is("as"))) {
            throw refused(
                    sql,
                    "CREATE TABLE AS makes rows that are in no copy",
                    "CREATE TABLE first, and INSERT INTO ... SELECT at the end of the file: the stream brings the rows");
        }
        if (createsTable && tokens.stream().limit(4).anyMatch(token -> token.is("temp") || token.is("temporary"))) {
            throw refused(sql, "a temporary table ends with the session", "leave it out of the file");
        }
    }

    static boolean startsWith(List<SqlToken> tokens, String... words) {
        return new SqlCursor(tokens).accept(words);
    }

    private static MigrationException refused(String sql, String why, String remedy) {
        return new MigrationException(
                ExitCode.FINDINGS,
                "SC012",
                "the file has a statement that cannot be carried through: %s (%s)".formatted(shortened(sql), why),
                remedy + "; nothing was changed on either side");
    }

    /** For messages. Constants may be somebody's values, and are left out. */
    static String shortened(String sql) {
        String line = sql.lines()
                .map(String::strip)
                .filter(text -> !text.startsWith("--"))
                .collect(Collectors.joining(" "));
        String bare = line.replaceAll("'[^']*'", "'...'").strip();
        return bare.length() <= SHORT ? bare : bare.substring(0, SHORT).toString() + " ...";
    }

    @Override
    public String toString() {
        return "%s %s".formatted(kind.name().toLowerCase(Locale.ROOT), shortened(sql));
    }
}
