package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.progress.StateSchema;

class ProgressOnCitusIT extends ProgressScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }

    private static String kinds(TestTarget on) throws SQLException {
        return on.value("SELECT string_agg(repmodel::text || ' ' || colocationid::bool, ', ') FROM pg_dist_partition"
                + " WHERE logicalrelid::text LIKE 'pg2citus.%'");
    }

    @Test
    void whereNewSchemasAreDistributed_theStateStaysOnTheCoordinator() throws Exception {
        try (TestTarget fresh = TestTarget.open(on())) {
            fresh.execute("SET citus.enable_schema_based_sharding = on");
            StateSchema.create(fresh.connection());
            assertThat(kinds(fresh)).isEqualTo("s false, s false, s false, s false, s false");
        }
    }

    @Test
    void whereTheCoordinatorIsNoNode_theStateIsInReferenceTables() throws Exception {
        try (TestTarget fresh = TestTarget.open(on())) {
            fresh.execute("SELECT citus_remove_node(nodename, nodeport) FROM pg_dist_node WHERE groupid = 0");
            try (TargetWriter mine = TargetWriter.open(fresh.settings(), "p", "topic", 0)) {
                assertThat(kinds(fresh)).isEqualTo("t true, t true, t true, t true, t true");
                mine.apply(List.of(), mine.progress().after(new Lsn(7), 8, 0, 1));
                assertThat(mine.refresh().appliedLsn()).isEqualTo(new Lsn(7));
            }
        }
    }

    @Test
    void stateMadeBeforeCitusWasInstalled_isMadeKnownToIt() throws Exception {
        try (TestTarget fresh = TestTarget.open(on())) {
            StateSchema.create(fresh.connection());
            fresh.execute(
                    "SELECT undistribute_table('pg2citus.progress')",
                    "INSERT INTO pg2citus.progress (pipeline, epoch, applied_lsn) VALUES ('p', 5, '0/10')");
            assertThat(kinds(fresh)).isEqualTo("s false, s false, s false, s false");
            StateSchema.create(fresh.connection());
            assertThat(kinds(fresh)).isEqualTo("s false, s false, s false, s false, s false");
            assertThat(fresh.value("SELECT applied_lsn FROM pg2citus.progress")).isEqualTo("0/10");
        }
    }
}
