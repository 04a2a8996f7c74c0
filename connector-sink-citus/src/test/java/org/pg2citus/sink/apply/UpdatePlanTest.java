package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pg2citus.sink.apply.Changes.values;
import static org.pg2citus.sink.apply.TestTables.ID;
import static org.pg2citus.sink.apply.TestTables.NAME;
import static org.pg2citus.sink.apply.TestTables.NUMBER;
import static org.pg2citus.sink.apply.TestTables.TENANT;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.batch.KeyedUpdate;
import org.pg2citus.sink.catalog.TargetTable;
import org.pg2citus.sink.catalog.UniqueIndex;
import org.pg2citus.sink.change.Row;

class UpdatePlanTest {

    private static final UniqueIndex KEY = new UniqueIndex("t_pkey", Set.of("tenant", "id"), true, false);
    private static final UniqueIndex BY_NAME = new UniqueIndex("t_name", Set.of("tenant", "name"), true, false);
    private static final TargetTable TABLE = TestTables.distributed(List.of(KEY), TENANT, ID, NAME);

    private static Changes byWholeKey() {
        return Changes.of("t", "tenant,id", "tenant,id,name");
    }

    private static Changes byId() {
        return Changes.of("t", "id", "tenant,id,name");
    }

    private static UpdatePlan plan(TargetTable table, Changes changes) {
        return UpdatePlan.of(table, changes.delta().updates());
    }

    private static Map.Entry<UpdatePlan.Shape, List<ClientRow<KeyedUpdate>>> only(UpdatePlan plan) {
        assertThat(plan.inPlace()).hasSize(1);
        return plan.inPlace().entrySet().iterator().next();
    }

    @Test
    void keyAndDistributionColumn_areMatchedAndNotSet() {
        UpdatePlan plan = plan(TABLE, byWholeKey().update("1", "10", "a").update("2", "20", "b"));
        var same = only(plan);
        assertThat(same.getKey()).isEqualTo(new UpdatePlan.Shape(List.of(TENANT, ID), List.of(NAME), TENANT, false));
        assertThat(same.getValue().get(1).values()).containsExactly("2", "20", "b");
        assertThat(plan.relocated()).isEmpty();
        assertThat(plan.mayCollide()).isFalse();
    }

    @Test
    void valuesThatWereNotSent_areNotSet() {
        UpdatePlan plan = plan(TABLE, byWholeKey().update("1", "10", "a").update("1", "11", Row.UNAVAILABLE));
        assertThat(plan.inPlace().keySet()).extracting(UpdatePlan.Shape::set).containsExactly(List.of(NAME), List.of());
    }

    @Test
    void distributionColumnOutsideOfTheKey_isAssumedUnchanged() {
        var same = only(plan(TABLE, byId().update("1", "10", "a")));
        assertThat(same.getKey()).isEqualTo(new UpdatePlan.Shape(List.of(ID, TENANT), List.of(NAME), TENANT, true));
        assertThat(same.getValue().get(0).values()).containsExactly("10", "1", "a");
    }

    @Test
    void distributionColumnKnownFromTheOldRow_isNotAssumed() {
        var same = only(plan(TABLE, byId().updateFrom(values("1", "10", null), "1", "10", "a")));
        assertThat(same.getKey().assumed()).isFalse();
    }

    @Test
    void distributionColumnKnownToChange_isRelocated() {
        UpdatePlan byOldRow = plan(TABLE, byId().updateFrom(values("1", "10", null), "2", "10", "a"));
        assertThat(byOldRow.inPlace()).isEmpty();
        assertThat(byOldRow.relocated()).hasSize(1);
        UpdatePlan byKey = plan(TABLE, byWholeKey().rekey(values("1", "10"), "2", "10", "a"));
        assertThat(byKey.relocated()).hasSize(1);
    }

    @Test
    void changedKey_isSet_andMayCollide() {
        UpdatePlan plan = plan(
                TABLE, byWholeKey().rekey(values("1", "10"), "1", "11", "a").update("1", "12", "b"));
        assertThat(plan.relocated()).isEmpty();
        assertThat(plan.inPlace().keySet())
                .extracting(UpdatePlan.Shape::set)
                .containsExactly(List.of(ID, NAME), List.of(NAME));
        assertThat(plan.mayCollide()).isTrue();
    }

    @Test
    void keysThatPassOn_areRelocated_andOthersStayInPlace() {
        UpdatePlan plan = plan(
                TABLE,
                byWholeKey()
                        .rekey(values("1", "10"), "1", "11", "a")
                        .rekey(values("1", "11"), "1", "12", "b")
                        .update("1", "13", "c"));
        assertThat(plan.relocated()).hasSize(2);
        assertThat(only(plan).getValue()).hasSize(1);
    }

    @Test
    void otherUniqueIndex_mayCollide_onlyIfSeveralRowsWriteIt() {
        TargetTable table = TestTables.distributed(List.of(KEY, BY_NAME), TENANT, ID, NAME);
        assertThat(plan(table, byWholeKey().update("1", "1", "a").update("1", "2", "b"))
                        .mayCollide())
                .isTrue();
        assertThat(plan(table, byWholeKey().update("1", "1", "a")).mayCollide()).isFalse();
        assertThat(plan(table, byWholeKey().update("1", "1", Row.UNAVAILABLE).update("1", "2", Row.UNAVAILABLE))
                        .mayCollide())
                .isFalse();
    }

    @Test
    void alwaysIdentity_isMatchedAndNeverSet() {
        TargetTable table = TestTables.plain(ID, NUMBER, NAME);
        Changes changes = Changes.of("t", "id", "id,number,name");
        var same = only(plan(table, changes.update("1", "7", "a")));
        assertThat(same.getKey()).isEqualTo(new UpdatePlan.Shape(List.of(ID, NUMBER), List.of(NAME), ID, true));
    }
}
