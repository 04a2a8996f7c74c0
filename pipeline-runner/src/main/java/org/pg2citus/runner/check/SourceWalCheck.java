package org.pg2citus.runner.check;

import java.io.IOException;
import java.nio.file.FileStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;
import org.pg2citus.runner.postgres.WalDisk;

/** Whether the source can keep WAL as long as a stall may last, and keeps its connections open that long. */
final class SourceWalCheck implements Check {

    /** Below it, a stall of minutes under load ends the migration. */
    private static final long LITTLE_WAL_BYTES = 16L << 30;

    private static final long LEAST_SENDER_TIMEOUT_MS = 10_000;

    @Override
    public void run(Inspection inspection, Consumer<Finding> findings) throws SQLException {
        Connection source = inspection.source();
        String server = "source " + inspection.settings().source();
        long keepMb = setting(source, "max_slot_wal_keep_size").orElse(-1L);
        if (keepMb >= 0 && keepMb << 20 < LITTLE_WAL_BYTES) {
            findings.accept(Finding.warning(
                    "PF023",
                    server,
                    "max_slot_wal_keep_size is %,d MB: a stall during which more WAL is written ends the migration"
                            .formatted(keepMb),
                    "ALTER SYSTEM SET max_slot_wal_keep_size = '%dGB'; SELECT pg_reload_conf(); or -1 for no limit,"
                                    .formatted(LITTLE_WAL_BYTES >> 30)
                            + " where the disk is watched"));
        }
        if (keepMb < 0) {
            disk(inspection, server, findings);
        }
        Optional<Long> idle = setting(source, "idle_replication_slot_timeout").filter(value -> value > 0);
        if (idle.isPresent()) {
            findings.accept(Finding.warning(
                    "PF025",
                    server,
                    "idle_replication_slot_timeout is %d s: a migration that is stopped for longer has to begin again"
                            .formatted(idle.get()),
                    "ALTER SYSTEM SET idle_replication_slot_timeout = 0; SELECT pg_reload_conf();"));
        }
        long senderMs = setting(source, "wal_sender_timeout").orElse(0L);
        if (senderMs > 0 && senderMs < LEAST_SENDER_TIMEOUT_MS) {
            findings.accept(Finding.warning(
                    "PF026",
                    server,
                    "wal_sender_timeout is %d ms: a short pause of the reader ends its session".formatted(senderMs),
                    "ALTER SYSTEM SET wal_sender_timeout = '1min'; SELECT pg_reload_conf();"));
        }
    }

    /** Where the disk cannot be seen it can only be said what is needed. */
    private static void disk(Inspection inspection, String server, Consumer<Finding> findings) throws SQLException {
        Optional<FileStore> store = WalDisk.of(inspection.settings().source(), inspection.source());
        try {
            if (store.isPresent()) {
                WalRoom room =
                        new WalRoom(store.get().getTotalSpace(), store.get().getUsableSpace());
                if (!room.isEnough()) {
                    findings.accept(Finding.warning(
                            "PF024",
                            server,
                            "the disk of the WAL has %,d MB free of %,d MB; for a stall %,d MB are recommended"
                                    .formatted(
                                            room.freeBytes() >> 20, room.totalBytes() >> 20, room.neededBytes() >> 20),
                            "free or add disk, or give the slot a limit, at which the migration ends and the source"
                                    + " lives: ALTER SYSTEM SET max_slot_wal_keep_size = '%dMB'; SELECT"
                                            .formatted(Math.max(1024, room.freeBytes() / (2L << 20)))
                                    + " pg_reload_conf();"));
                }
                return;
            }
        } catch (IOException e) {
            // As if the folder were elsewhere.
            store = Optional.empty();
        }
        findings.accept(Finding.warning(
                "PF024",
                server,
                "max_slot_wal_keep_size sets no limit, and the server does not tell how much disk is free: a stall fills"
                        + " it",
                "see that the disk of pg_wal has 100 GB or 20 % free, whichever is more; or set a limit, at which the"
                        + " migration ends and the source lives: ALTER SYSTEM SET max_slot_wal_keep_size = '100GB';"
                        + " SELECT pg_reload_conf();"));
    }

    private static Optional<Long> setting(Connection source, String name) throws SQLException {
        return Query.texts(source, "SELECT setting FROM pg_settings WHERE name = ?", name).stream()
                .map(Long::valueOf)
                .findFirst();
    }
}
