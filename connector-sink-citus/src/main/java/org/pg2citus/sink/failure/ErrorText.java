package org.pg2citus.sink.failure;

import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Tells an error without the values of rows: PostgreSQL's DETAIL holds keys, and a data error's message quotes the value
 * that it could not read.
 */
public final class ErrorText {

    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern COPY_PLACE = Pattern.compile("COPY \\S+, line \\d+(, column [^:,]+)?");

    private static final Pattern DETAIL_KEY = Pattern.compile("Key \\(([^)]*)\\)=");

    /** The class of errors whose message quotes the value. */
    private static final String DATA_ERROR = "22";

    private ErrorText() {}

    /** The SQLSTATE and the server's message, for example {@code [23505] duplicate key value violates ...}. */
    public static String of(SQLException error) {
        SQLException reported = SqlStates.reported(error);
        String state = String.valueOf(reported.getSQLState());
        ServerErrorMessage server =
                reported instanceof PSQLException fromServer ? fromServer.getServerErrorMessage() : null;
        if (server == null) {
            return "[%s] %s".formatted(state, reported.getMessage());
        }
        String message = String.valueOf(server.getMessage());
        if (state.startsWith(DATA_ERROR)) {
            message = QUOTED.matcher(message).replaceAll("\"...\"");
        }
        return "[%s] %s%s".formatted(state, message, place(server));
    }

    /** The error as the cause of another, or {@code null} when its own message would tell values of a row. */
    public static SQLException cause(SQLException error) {
        return String.valueOf(SqlStates.reported(error).getSQLState()).startsWith(DATA_ERROR) ? null : error;
    }

    /**
     * The key that a violated constraint's DETAIL tells, as text to append: its columns, and only if asked for its values.
     * Empty when there is none.
     */
    public static String key(SQLException error, boolean withValues) {
        ServerErrorMessage server = SqlStates.reported(error) instanceof PSQLException fromServer
                ? fromServer.getServerErrorMessage()
                : null;
        if (server == null || server.getDetail() == null) {
            return "";
        }
        Matcher key = DETAIL_KEY.matcher(server.getDetail());
        if (!key.lookingAt()) {
            return "";
        }
        return withValues ? " (" + server.getDetail() + ")" : " (key columns " + key.group(1) + ")";
    }

    private static String place(ServerErrorMessage server) {
        if (server.getWhere() == null) {
            return "";
        }
        Matcher place = COPY_PLACE.matcher(server.getWhere());
        return place.find() ? " (" + place.group() + ")" : "";
    }
}
