package org.pg2citus.sink.apply;

class ForeignKeysOnCitusIT extends ForeignKeyScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
