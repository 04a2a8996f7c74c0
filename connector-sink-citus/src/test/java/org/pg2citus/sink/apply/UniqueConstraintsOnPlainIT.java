package org.pg2citus.sink.apply;

class UniqueConstraintsOnPlainIT extends UniqueConstraintScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
