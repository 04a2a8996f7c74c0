package org.pg2citus.source.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.postgresql.replication.LogSequenceNumber;

final class ServerIdentityTest {

    @Test
    void historyFile_tellsWhereEachTimelineWasLeft() {
        String history = "1\t0/3000148\tno recovery target specified\n\n2\t1A/5D000000\tbefore 2026-01-01\n";

        assertThat(ServerIdentity.timelineEnds(history))
                .isEqualTo(
                        Map.of(1, LogSequenceNumber.valueOf("0/3000148"), 2, LogSequenceNumber.valueOf("1A/5D000000")));
    }
}
