package org.pg2citus.runner.watch;

import java.io.IOException;
import java.nio.file.FileStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalLong;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.postgres.WalDisk;

/** How much WAL the source can still write before the slot is given up, or its disk is full. */
public final class WalLeft {

    private WalLeft() {}

    /** Empty when there is no limit that can be seen. */
    public static OptionalLong read(ServerAddress server, Connection source, String slot) throws SQLException {
        try (PreparedStatement query =
                source.prepareStatement("SELECT safe_wal_size FROM pg_replication_slots WHERE slot_name = ?")) {
            query.setString(1, slot);
            try (ResultSet row = query.executeQuery()) {
                if (row.next() && row.getObject(1) != null) {
                    return OptionalLong.of(row.getLong(1));
                }
            }
        }
        Optional<FileStore> disk = WalDisk.of(server, source);
        try {
            return disk.isPresent() ? OptionalLong.of(disk.get().getUsableSpace()) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
