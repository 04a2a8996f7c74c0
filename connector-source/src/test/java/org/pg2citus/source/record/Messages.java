package org.pg2citus.source.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.List;
import org.pg2citus.source.pgoutput.PgOutputDecoder;

/** pgoutput messages as the server sends them, given to a decoder. */
final class Messages {

    static final String UNCHANGED = PgOutputDecoder.UNCHANGED;

    private final PgOutputDecoder decoder;
    private long lsn;

    Messages(TopicRecords records) {
        this.decoder = new PgOutputDecoder(records);
    }

    @FunctionalInterface
    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    /** The server's transaction ids are unsigned. */
    Messages begin(int xid) {
        return send('B', out -> {
            out.writeLong(lsn + 100);
            out.writeLong(1_000_000L * xid);
            out.writeInt(xid);
        });
    }

    /** Returns the transaction's end. */
    long commit() {
        lsn += 100;
        long end = lsn;
        send('C', out -> {
            out.writeByte(0);
            out.writeLong(end - 10);
            out.writeLong(end);
            out.writeLong(5_000_000);
        });
        return end;
    }

    /** @param columns names; those of the replica identity begin with {@code *} */
    Messages relation(int oid, String table, char identity, String... columns) {
        return send('R', out -> {
            out.writeInt(oid);
            text(out, "public");
            text(out, table);
            out.writeByte(identity);
            out.writeShort(columns.length);
            for (String column : columns) {
                out.writeByte(column.startsWith("*") ? 1 : 0);
                text(out, column.startsWith("*") ? column.substring(1) : column);
                out.writeInt(25);
                out.writeInt(-1);
            }
        });
    }

    Messages insert(int oid, String... row) {
        return send('I', out -> {
            out.writeInt(oid);
            row(out, 'N', row);
        });
    }

    Messages update(int oid, String... row) {
        return send('U', out -> {
            out.writeInt(oid);
            row(out, 'N', row);
        });
    }

    /** @param kind {@code K}: the old key, {@code O}: the whole old row */
    Messages update(int oid, char kind, List<String> before, String... row) {
        return send('U', out -> {
            out.writeInt(oid);
            row(out, kind, before.toArray(String[]::new));
            row(out, 'N', row);
        });
    }

    Messages delete(int oid, char kind, String... before) {
        return send('D', out -> {
            out.writeInt(oid);
            row(out, kind, before);
        });
    }

    Messages truncate(int... oids) {
        return send('T', out -> {
            out.writeInt(oids.length);
            out.writeByte(0);
            for (int oid : oids) {
                out.writeInt(oid);
            }
        });
    }

    Messages message(boolean transactional, String prefix) {
        return send('M', out -> {
            out.writeByte(transactional ? 1 : 0);
            out.writeLong(lsn);
            text(out, prefix);
            out.writeInt(1);
            out.writeByte('x');
        });
    }

    private Messages send(char type, Body body) {
        lsn++;
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeByte(type);
            body.write(out);
            decoder.decode(ByteBuffer.wrap(bytes.toByteArray()), lsn);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return this;
    }

    private static void row(DataOutputStream out, char kind, String... values) throws IOException {
        out.writeByte(kind);
        out.writeShort(values.length);
        for (String value : values) {
            if (value == null) {
                out.writeByte('n');
            } else if (value.equals(UNCHANGED)) {
                out.writeByte('u');
            } else {
                out.writeByte('t');
                byte[] bytes = value.getBytes(UTF_8);
                out.writeInt(bytes.length);
                out.write(bytes);
            }
        }
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        out.write(text.getBytes(UTF_8));
        out.writeByte(0);
    }
}
