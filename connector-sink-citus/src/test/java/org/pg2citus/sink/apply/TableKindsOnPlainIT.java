package org.pg2citus.sink.apply;

import java.util.stream.Stream;
import org.pg2citus.sink.catalog.TableKind;

class TableKindsOnPlainIT extends TableKindScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }

    static Stream<TableKind> kinds() {
        return Stream.of(TableKind.PLAIN);
    }
}
