package org.pg2citus.runner.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.Secret;
import org.pg2citus.runner.config.ServerAddress;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

class PgDumpTest {

    @TempDir
    Path directory;

    private Path program(String says) throws IOException {
        Path program = directory.resolve("pg_dump");
        Files.writeString(program, "#!/bin/sh\necho '" + says + "'\n");
        assertThat(program.toFile().setExecutable(true)).isTrue();
        return program;
    }

    @Test
    void programThatIsNotThere_isRefusedWithARemedy() {
        assertThatThrownBy(() -> PgDump.find(Optional.of(directory.resolve("none")), 15))
                .isInstanceOfSatisfying(MigrationException.class, failure -> {
                    assertThat(failure.code()).isEqualTo("SM003");
                    assertThat(failure.exitCode()).isEqualTo(ExitCode.CONFIG);
                    assertThat(failure.remedy()).contains("PostgreSQL 15", "--pg-dump");
                })
                .hasMessageContaining("is no pg_dump");
    }

    @Test
    void programOlderThanTheSource_isRefused() throws IOException {
        Path old = program("pg_dump (PostgreSQL) 14.9 (Debian)");

        assertThatThrownBy(() -> PgDump.find(Optional.of(old), 15)).hasMessageContaining("is of version 14");
        assertThat(PgDump.find(Optional.of(old), 14)).isNotNull();
    }

    @Test
    void otherProgram_isRefused() throws IOException {
        Path other = program("something else 15");

        assertThatThrownBy(() -> PgDump.find(Optional.of(other), 15)).hasMessageContaining("is no pg_dump");
    }

    @Test
    void environment_hasTheServerAndItsPassword() {
        ServerAddress source = new ServerAddress(
                "db.example",
                5433,
                "shop",
                "app",
                Optional.of(new Secret("hush")),
                Map.of("sslmode", "require", "application_name", "x"));

        assertThat(PgDump.environment(source))
                .containsEntry("PGHOST", "db.example")
                .containsEntry("PGPORT", "5433")
                .containsEntry("PGDATABASE", "shop")
                .containsEntry("PGUSER", "app")
                .containsEntry("PGPASSWORD", "hush")
                .containsEntry("PGSSLMODE", "require")
                .doesNotContainKey("PGSSLROOTCERT");
    }
}
