package org.pg2citus.sink.apply;

class SemanticsOnCitusIT extends SemanticsScenarios {
    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
