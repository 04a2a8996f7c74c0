package org.pg2citus.sink.apply;

import java.util.stream.Stream;
import org.pg2citus.sink.catalog.TableKind;

class TableKindsOnCitusIT extends TableKindScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }

    static Stream<TableKind> kinds() {
        return Stream.of(TableKind.values());
    }
}
