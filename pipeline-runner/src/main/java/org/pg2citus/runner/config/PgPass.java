package org.pg2citus.runner.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The password file that libpq reads: lines of {@code host:port:database:user:password}, {@code *} for any, first match
 * wins.
 *
 * <p>As with libpq, a file that group or others may access is not read; we say so instead of failing later with a
 * missing password. Source: <a href="https://www.postgresql.org/docs/current/libpq-pgpass.html">The Password File</a>.
 */
final class PgPass {

    private final Path file;

    PgPass(Path file) {
        this.file = file;
    }

    /** The file named by {@code PGPASSFILE}, else {@code ~/.pgpass}. */
    static PgPass standard(Map<String, String> environment, Path home) {
        String named = environment.get("PGPASSFILE");
        return new PgPass(named == null ? home.resolve(".pgpass") : Path.of(named));
    }

    /** @param warnings receives a line when the file is there but must not be read */
    Optional<Secret> password(ServerAddress server, List<String> warnings) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            if (isOpenToOthers()) {
                warnings.add("password file %s is not read: group or others have access to it; run: chmod 0600 %s"
                        .formatted(file, file));
                return Optional.empty();
            }
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(PgPass::fields)
                    .filter(fields -> fields.size() >= 5
                            && matches(fields.get(0), server.host())
                            && matches(fields.get(1), Integer.toString(server.port()))
                            && matches(fields.get(2), server.database())
                            && matches(fields.get(3), server.user()))
                    .findFirst()
                    .map(fields -> new Secret(fields.get(4)));
        } catch (IOException e) {
            warnings.add("password file %s cannot be read: %s".formatted(file, e.getMessage()));
            return Optional.empty();
        }
    }

    private boolean isOpenToOthers() throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (view == null) {
            return false;
        }
        Set<PosixFilePermission> permissions = view.readAttributes().permissions();
        return permissions.stream().anyMatch(permission -> !permission.name().startsWith("OWNER"));
    }

    private static boolean matches(String field, String value) {
        return field.equals("*") || field.equals(value);
    }

    /** Splits at colons; a backslash takes the next character as it is. */
    private static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length()) {
                i++;
                field.append(line.charAt(i));
            } else if (c == ':') {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }
}
