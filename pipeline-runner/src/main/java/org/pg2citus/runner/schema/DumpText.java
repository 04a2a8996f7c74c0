package org.pg2citus.runner.schema;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pg2citus.runner.sql.SqlStatements;
import org.pg2citus.runner.sql.SqlToken;
import org.pg2citus.runner.sql.SqlTokens;

/** Reads the plain text of {@code pg_dump}: each object has a header of three comments, {@code -- Name: ...} in the middle. */
final class DumpText {

    private static final Pattern HEADER =
            Pattern.compile("-- Name: (.*); Type: (.*?); Schema: (.*?); Owner:.*", Pattern.DOTALL);

    private static final String END = "-- PostgreSQL database dump complete";

    // Written when a table needs another value than the one before; our tables take the target's defaults.
    private static final Set<String> DEFAULTS =
            Set.of("default_tablespace", "default_table_access_method", "default_with_oids");

    private DumpText() {}

    static List<DumpEntry> entries(String dump) {
        List<DumpEntry> entries = new ArrayList<>();
        List<SqlToken> tokens = SqlTokens.all(dump);
        Matcher open = null;
        int bodyStart = 0;
        // Comments within quotes are no tokens, so nothing in a function's body is taken for a header.
        for (int i = 1; i + 1 < tokens.size(); i++) {
            Matcher header = HEADER.matcher(tokens.get(i).text());
            boolean isHeader = isRule(tokens.get(i - 1))
                    && isRule(tokens.get(i + 1))
                    && tokens.get(i).kind() == SqlToken.Kind.COMMENT;
            boolean begins = isHeader && header.matches();
            if (begins || (isHeader && tokens.get(i).text().equals(END))) {
                if (open != null) {
                    entries.add(entry(
                            open, dump.substring(bodyStart, tokens.get(i - 1).start())));
                }
                open = begins ? header : null;
                bodyStart = tokens.get(i + 1).end();
            }
        }
        if (open != null) {
            throw new IllegalArgumentException("the dump does not end with: " + END);
        }
        return entries;
    }

    private static boolean isRule(SqlToken token) {
        return token.kind() == SqlToken.Kind.COMMENT && token.text().equals("--");
    }

    private static DumpEntry entry(Matcher header, String body) {
        List<String> statements = SqlStatements.of(body).stream()
                .map(SqlStatements.Piece::sql)
                .filter(sql -> !setsDefault(sql))
                .toList();
        return new DumpEntry(header.group(1), header.group(2), header.group(3), statements);
    }

    private static boolean setsDefault(String sql) {
        List<SqlToken> tokens = SqlTokens.of(sql);
        return tokens.size() > 1
                && tokens.get(0).is("set")
                && DEFAULTS.contains(tokens.get(1).text());
    }
}
