package org.pg2citus.runner.postgres;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.pg2citus.runner.config.ServerAddress;

/**
 * The disk that a server writes its WAL to. SQL does not tell how full it is; where the server runs on this machine, its
 * folder does.
 */
public final class WalDisk {

    private static final String FOLDER =
            """
            SELECT CASE WHEN pg_has_role(current_user, 'pg_read_all_settings', 'USAGE')
                        THEN current_setting('data_directory') END""";

    private WalDisk() {}

    /** Empty when it cannot be seen from here. */
    public static Optional<FileStore> of(ServerAddress server, Connection connection) throws SQLException {
        String host = server.host();
        if (!host.equals("localhost") && !host.startsWith("127.") && !host.equals("::1")) {
            return Optional.empty();
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(FOLDER)) {
            row.next();
            String folder = row.getString(1);
            if (folder == null) {
                return Optional.empty();
            }
            Path wal = Path.of(folder, "pg_wal");
            // A port may be forwarded from elsewhere: then there is no such folder here.
            return Files.isDirectory(wal) ? Optional.of(Files.getFileStore(wal)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
