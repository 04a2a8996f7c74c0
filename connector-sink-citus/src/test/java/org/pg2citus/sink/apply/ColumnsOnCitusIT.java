package org.pg2citus.sink.apply;

class ColumnsOnCitusIT extends ColumnScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
