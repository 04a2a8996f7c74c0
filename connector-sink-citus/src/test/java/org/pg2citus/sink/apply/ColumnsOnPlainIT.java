package org.pg2citus.sink.apply;

class ColumnsOnPlainIT extends ColumnScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
