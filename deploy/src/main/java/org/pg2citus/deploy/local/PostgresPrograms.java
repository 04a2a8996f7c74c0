package org.pg2citus.deploy.local;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The directory that holds {@code initdb}, {@code pg_ctl} and {@code postgres}. */
record PostgresPrograms(Path directory) {

    /** @throws IllegalStateException when the program fails, with what it printed */
    void run(String program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(directory.resolve(program).toString());
        command.addAll(Arrays.asList(arguments));
        Program.run(Unprivileged.here().command(command));
    }
}
