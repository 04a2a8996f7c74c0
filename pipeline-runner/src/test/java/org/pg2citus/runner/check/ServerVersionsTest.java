package org.pg2citus.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.check.Finding.Severity;
import org.pg2citus.runner.failure.ExitCode;

class ServerVersionsTest {

    private static void assertRefused(Optional<Finding> finding, String code, ExitCode exitCode, String version) {
        assertThat(finding).hasValueSatisfying(refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.severity()).isEqualTo(Severity.ERROR);
            assertThat(refused.exitCode()).isEqualTo(exitCode);
            assertThat(refused.message()).contains(version);
            assertThat(refused.remedy()).contains("pgrade");
        });
    }

    @Test
    void sourceBefore14_isRefused() {
        assertRefused(SourceServerCheck.version("s", 130_022, "13.22"), "PF001", ExitCode.SOURCE, "13.22");
        assertRefused(SourceServerCheck.version("s", 90_624, "9.6.24"), "PF001", ExitCode.SOURCE, "9.6.24");
        assertThat(SourceServerCheck.version("s", 140_000, "14.0")).isEmpty();
        assertThat(SourceServerCheck.version("s", 180_001, "18.1")).isEmpty();
    }

    @Test
    void citusBefore12_isRefused() {
        assertRefused(TargetServerCheck.citusVersion("t", "11.3-1"), "PF030", ExitCode.TARGET, "11.3-1");
        assertRefused(TargetServerCheck.citusVersion("t", "9.5-1"), "PF030", ExitCode.TARGET, "9.5-1");
        assertThat(TargetServerCheck.citusVersion("t", "12.0-1")).isEmpty();
        assertThat(TargetServerCheck.citusVersion("t", "13.2-1")).isEmpty();
    }
}
