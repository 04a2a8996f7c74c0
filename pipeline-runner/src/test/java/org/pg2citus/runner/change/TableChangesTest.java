package org.pg2citus.runner.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.change.TableChanges.Described;
import org.pg2citus.sink.change.TableId;

class TableChangesTest {

    private static TableId id(String name) {
        return new TableId("public", name);
    }

    private static final Map<Long, Described> BEFORE = Map.of(
            1L, new Described(id("kept"), Map.of(1, "id", 2, "a", 3, "b")),
            2L, new Described(id("renamed"), Map.of(1, "id")),
            3L, new Described(id("dropped"), Map.of(1, "id")),
            4L, new Described(id("foreign"), Map.of(1, "id", 2, "a")));

    private static final Map<Long, Described> AFTER = Map.of(
            1L, new Described(id("kept"), Map.of(1, "id", 2, "z", 4, "b")),
            2L, new Described(id("new_name"), Map.of(1, "id")),
            4L, new Described(id("foreign"), Map.of(1, "id")),
            5L, new Described(id("added"), Map.of(1, "id")),
            6L, new Described(id("left_out"), Map.of(1, "id")));

    private static final List<TableId> MIGRATED = List.of(id("kept"), id("renamed"), id("dropped"));

    private static TableChanges changes() {
        return TableChanges.between(BEFORE, AFTER, MIGRATED, id -> !id.name().equals("left_out"));
    }

    @Test
    void tablesAreFollowedByTheirIdentity() {
        assertThat(changes())
                .isEqualTo(new TableChanges(
                        List.of(id("added")),
                        Map.of(id("renamed"), id("new_name")),
                        List.of(id("dropped")),
                        // b was dropped and added again: the target has to have it.
                        Map.of(id("kept"), List.of("a"))));
    }

    @Test
    void listOfTables_followsAndMayFollowTwice() {
        List<TableId> after = changes().applyTo(MIGRATED);
        assertThat(after).containsExactly(id("kept"), id("new_name"), id("added"));
        assertThat(changes().applyTo(after)).isEqualTo(after);
    }

    @Test
    void json_comesBackTheSame() {
        assertThat(TableChanges.ofJson(changes().toJson())).isEqualTo(changes());
        assertThat(TableChanges.ofJson(TableChanges.NONE.toJson())).isEqualTo(TableChanges.NONE);
        assertThat(TableChanges.NONE.changesTheList()).isFalse();
    }
}
