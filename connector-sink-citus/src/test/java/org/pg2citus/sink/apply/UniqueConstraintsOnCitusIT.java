package org.pg2citus.sink.apply;

class UniqueConstraintsOnCitusIT extends UniqueConstraintScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
