package org.pg2citus.runner.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pg2citus.runner.config.ConfigKey;
import picocli.CommandLine;

class RootCommandTest {

    @TempDir
    Path directory;

    @Test
    void unknownFlag_isAUsageErrorWithASuggestion() {
        CommandLine commandLine = RootCommand.commandLine();
        StringWriter said = new StringWriter();
        commandLine.setErr(new PrintWriter(said));

        assertThat(commandLine.execute("migrate", "--sorce", "x")).isEqualTo(1);
        assertThat(said.toString()).contains("--source");
    }

    @Test
    void noCommand_isAUsageError() {
        assertThat(RootCommand.commandLine().execute()).isEqualTo(1);
        assertThat(RootCommand.commandLine().execute("help", "nothing")).isEqualTo(1);
    }

    @Test
    void wrongConfiguration_hasItsExitCode() {
        for (String command : new String[] {"migrate", "status"}) {
            assertThat(RootCommand.commandLine()
                            .execute(command, "--data-dir", directory.toString(), "--source", "nonsense"))
                    .isEqualTo(2);
        }
    }

    @Test
    void unreachableSource_hasItsExitCode() {
        String[] migrate = {
            "migrate",
            "--data-dir",
            directory.toString(),
            "--source",
            "postgresql://u:hush@127.0.0.1:1/d",
            "--target",
            "postgresql://u@127.0.0.1:1/d"
        };

        assertThat(RootCommand.commandLine().execute(migrate)).isEqualTo(6);
    }

    @Test
    void help_explainsEveryCommandAndKey() {
        for (String command : new String[] {"migrate", "status", "schema"}) {
            String usage =
                    RootCommand.commandLine().getSubcommands().get(command).getUsageMessage();
            assertThat(usage).contains("Examples:").contains("--source").contains("Exit codes");
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        HelpConfigCommand.print(new PrintStream(out, true, StandardCharsets.UTF_8));
        for (ConfigKey key : ConfigKey.values()) {
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains(key.path())
                    .contains(key.help());
        }
    }
}
