package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Row;
import org.pg2citus.sink.failure.HaltException;

/** Updates of many whole rows of a distributed table: through a stage where that is exact, and not elsewhere. */
final class StageIT extends ApplyScenarios {

    private static final String DEFINITION =
            "tenant int, id int, a text NOT NULL, n numeric(8,2), bits bit(3), code char(4), PRIMARY KEY (tenant, id)";
    private static final int ROWS = 600;

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }

    private static Changes changes(String table) {
        return Changes.of(table, "tenant,id", "tenant,id,a,n,bits,code");
    }

    private void fill(String table) {
        Changes inserts = changes(table);
        for (int i = 0; i < ROWS; i++) {
            inserts.insert("" + i % 40, "" + i, "old", null, "101", "ab");
        }
        apply(inserts);
    }

    private static Changes updates(String table, int from, int to, String text) {
        Changes updates = changes(table);
        for (int i = from; i < to; i++) {
            updates.update("" + i % 40, "" + i, text, i + ".5", "01" + i % 2, i % 3 == 0 ? null : "xyz");
        }
        return updates;
    }

    private String stageOf(String table) throws Exception {
        return target.value("SELECT max(tablename) FROM pg_tables WHERE schemaname = 'pg2citus'"
                + " AND tablename LIKE 'stage%%\\_' || '%s'::regclass::oid".formatted(table));
    }

    @Test
    void wholeRows_areUpdatedThroughTheStage() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        fill(t);
        apply(updates(t, 0, ROWS, "with\ttab, \\ and 'quote'"));
        assertThat(writer.metrics().staged()).isEqualTo(ROWS);
        assertThat(target.value("SELECT count(*) FROM %s WHERE a = E'with\\ttab, \\\\ and ''quote'''".formatted(t)
                        + " AND n = id + 0.5 AND bits = CASE id % 2 WHEN 0 THEN B'010' ELSE B'011' END"
                        + " AND code IS NOT DISTINCT FROM CASE WHEN id % 3 <> 0 THEN 'xyz' END"))
                .isEqualTo("" + ROWS);

        // In the next batch the rows of the first lie in the stage still.
        apply(updates(t, 50, 50 + Stage.MIN_ROWS, "second"));
        assertThat(writer.metrics().staged()).isEqualTo(ROWS + Stage.MIN_ROWS);
        assertThat(target.value("SELECT count(*) FROM %s WHERE a = 'second'".formatted(t)))
                .isEqualTo("" + Stage.MIN_ROWS);
        assertThat(rows(t)).hasSize(ROWS);
    }

    @Test
    void rowThatIsNotThere_isNotPutIn_andHalts() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        fill(t);
        assertThatThrownBy(() -> apply(updates(t, 1, ROWS + 1, "new")))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP003")
                .hasMessageContaining("was for 600 rows, but hit 599");
        assertThat(target.value("SELECT count(*) FILTER (WHERE a = 'old') || '|' || count(*) FROM " + t))
                .isEqualTo("600|600");

        writer.close();
        writer = TargetWriter.open(
                target.settings().onDivergence(DivergencePolicy.COUNT, false), writersPipeline, "topic", 0);
        apply(updates(t, 1, ROWS + 1, "new"));
        assertThat(writer.metrics().divergences()).isEqualTo(1);
        assertThat(target.value("SELECT count(*) FILTER (WHERE a = 'new') || '|' || count(*) FROM " + t))
                .isEqualTo("599|600");
    }

    @Test
    void whatAnInsertCannotStandFor_goesTheOtherWay() throws Exception {
        String partial = table(TableKind.DISTRIBUTED, DEFINITION);
        fill(partial);
        Changes unchanged = changes(partial);
        for (int i = 0; i < ROWS; i++) {
            unchanged.update("" + i % 40, "" + i, Row.UNAVAILABLE, "1", "111", null);
        }
        apply(unchanged);
        assertThat(target.value("SELECT count(*) FROM %s WHERE a = 'old' AND n = 1".formatted(partial)))
                .isEqualTo("" + ROWS);

        String withTrigger = table(TableKind.DISTRIBUTED, DEFINITION);
        fill(withTrigger);
        target.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'inserted'; END $$",
                "SET citus.enable_unsafe_triggers = on",
                "CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION refuse()"
                        .formatted(withTrigger),
                "ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse".formatted(withTrigger));
        apply(updates(withTrigger, 0, ROWS, "new"));
        assertThat(target.value("SELECT count(*) FROM %s WHERE a = 'new'".formatted(withTrigger)))
                .isEqualTo("" + ROWS);
        assertThat(writer.metrics().staged()).isZero();
    }

    @Test
    void refusedValue_isTold_asWithoutAStage() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        fill(t);
        Changes updates = updates(t, 1, ROWS, "new");
        updates.update("0", "0", "new", "12345678.9", "111", null);
        assertThatThrownBy(() -> apply(updates))
                .isInstanceOf(HaltException.class)
                .hasMessageStartingWith("AP009")
                .hasMessageContaining("table public." + t)
                .hasMessageContaining("22003");
        assertThat(target.value("SELECT count(*) FROM %s WHERE a = 'old'".formatted(t)))
                .isEqualTo("" + ROWS);
    }

    @Test
    void stageThatSomebodyDrops_isDoneWithout() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        fill(t);
        apply(updates(t, 0, ROWS, "first"));
        target.execute("DROP TABLE pg2citus." + stageOf(t));
        apply(updates(t, 0, ROWS, "second"));
        assertThat(target.value("SELECT count(*) FROM %s WHERE a = 'second'".formatted(t)))
                .isEqualTo("" + ROWS);
        assertThat(writer.metrics().staged()).isEqualTo(ROWS);
    }

    @Test
    void tableThatChanges_getsANewStage_andAFullStageIsEmptied() throws Exception {
        String t = table(TableKind.DISTRIBUTED, DEFINITION);
        fill(t);
        int batches = 0;
        for (int staged = 0; staged <= Stage.FULL_ROWS; staged += ROWS) {
            apply(updates(t, 0, ROWS, "batch " + ++batches));
        }
        apply(updates(t, 0, ROWS, "last"));
        assertThat(writer.metrics().staged()).isEqualTo((batches + 1L) * ROWS);
        assertThat(target.value("SELECT count(*) FROM pg2citus.%s".formatted(stageOf(t))))
                .isEqualTo("" + ROWS);

        target.execute("ALTER TABLE %s ADD COLUMN more int".formatted(t));
        Changes updates = Changes.of(t, "tenant,id", "tenant,id,a,n,bits,code,more");
        for (int i = 0; i < ROWS; i++) {
            updates.update("" + i % 40, "" + i, "more", null, "000", null, "" + i);
        }
        apply(updates);
        assertThat(target.value("SELECT count(*) FROM %s WHERE more = id AND a = 'more'".formatted(t)))
                .isEqualTo("" + ROWS);
    }
}
