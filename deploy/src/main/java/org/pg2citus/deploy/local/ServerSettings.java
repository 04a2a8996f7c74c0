package org.pg2citus.deploy.local;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The server's configuration: what we need, then what the caller wants, as {@code postgresql.conf}. */
final class ServerSettings {

    /** The operating system's limit for a socket's path is 107 bytes on Linux and 103 on macOS. */
    private static final int LONGEST_SOCKET_DIRECTORY = 80;

    private ServerSettings() {}

    static String file(Path directory, int port, Map<String, String> wanted) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("shared_buffers", "64MB");
        settings.put("timezone", "UTC");
        settings.put("log_timezone", "UTC");
        // Shared memory in files below the data directory: it goes with the directory even after SIGKILL.
        settings.put("dynamic_shared_memory_type", "mmap");
        settings.putAll(wanted);
        settings.put("listen_addresses", "127.0.0.1");
        settings.put("port", Integer.toString(port));
        settings.put(
                "unix_socket_directories",
                directory.toString().length() > LONGEST_SOCKET_DIRECTORY ? "" : directory.toString());
        StringBuilder file = new StringBuilder();
        settings.forEach((name, value) -> file.append(name)
                .append(" = '")
                .append(value.replace("'", "''"))
                .append("'\n"));
        return file.toString();
    }
}
