package org.pg2citus.sink.apply;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Lsn;

/** Tests that run on real Citus and on PostgreSQL without it: one database for each class, other tables for each test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ApplyScenarios {

    TestTarget target;
    String writersPipeline;
    TargetWriter writer;
    private long position = 100;

    abstract TestTarget.On on();

    @BeforeAll
    void openTarget() throws Exception {
        target = TestTarget.open(on());
    }

    @BeforeEach
    void openWriter() {
        writersPipeline = TestTarget.unique("pipeline");
        writer = TargetWriter.open(target.settings(), writersPipeline, "topic", 0);
    }

    @AfterEach
    void closeWriter() {
        writer.close();
    }

    @AfterAll
    void closeTarget() throws Exception {
        if (target != null) {
            target.close();
        }
    }

    /** Applies in one target transaction. */
    void apply(Changes... changes) {
        position++;
        writer.apply(
                Arrays.stream(changes).map(Changes::delta).toList(),
                writer.progress().after(new Lsn(position), position, changes.length, 1));
    }

    /** The position of the newest batch, applied or not. */
    long position() {
        return position;
    }

    /** Makes a table of this kind, distributed by its column {@code tenant}, and returns its name. */
    String table(TableKind kind, String definition) throws Exception {
        String name = TestTarget.unique("t");
        target.execute("CREATE TABLE %s (%s)".formatted(name, definition));
        target.distribute(name, kind, null);
        return name;
    }

    List<List<String>> rows(String table) throws Exception {
        return target.rows("SELECT * FROM %s ORDER BY 1, 2".formatted(table));
    }
}
