package org.pg2citus.runner.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkCheckTest {

    private static List<Finding> at(Duration roundTrip) {
        List<Finding> findings = new ArrayList<>();
        NetworkCheck.far("target citus:5432/shop", roundTrip, findings::add);
        return findings;
    }

    @Test
    void nearServer_isFine() {
        assertThat(at(Duration.ofMillis(2))).isEmpty();
    }

    @Test
    void farServer_isTold() {
        assertThat(at(Duration.ofMillis(80))).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo("PF070");
            assertThat(finding.message()).contains("80 ms");
        });
    }
}
