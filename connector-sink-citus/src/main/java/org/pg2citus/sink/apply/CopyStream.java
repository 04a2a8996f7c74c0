package org.pg2citus.sink.apply;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Sends rows to a COPY of the session, and ends it whatever happens. */
final class CopyStream {

    private static final int BUFFER_CHARACTERS = 1 << 16;

    private final Session session;

    CopyStream(Session session) {
        this.session = session;
    }

    /** Appends a row in COPY's text format, without the end of the line. */
    interface Line<T> {
        void append(T row, StringBuilder line);
    }

    /** Returns how many rows the server took. */
    <T> long send(String sql, List<? extends T> rows, Line<T> line) throws SQLException {
        CopyIn copy =
                session.connection().unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
        try {
            StringBuilder buffer = new StringBuilder();
            for (T row : rows) {
                line.append(row, buffer);
                buffer.append('\n');
                if (buffer.length() > BUFFER_CHARACTERS) {
                    flush(copy, buffer);
                }
            }
            flush(copy, buffer);
            return copy.endCopy();
        } catch (SQLException | RuntimeException e) {
            cancel(copy, e);
            throw e;
        }
    }

    private static void flush(CopyIn copy, StringBuilder buffer) throws SQLException {
        byte[] bytes = buffer.toString().getBytes(StandardCharsets.UTF_8);
        copy.writeToCopy(bytes, 0, bytes.length);
        buffer.setLength(0);
    }

    private static void cancel(CopyIn copy, Exception reason) {
        if (copy.isActive()) {
            try {
                copy.cancelCopy();
            } catch (SQLException e) {
                reason.addSuppressed(e);
            }
        }
    }
}
