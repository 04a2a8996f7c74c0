package org.pg2citus.sink.apply;

class DivergenceOnCitusIT extends DivergenceScenarios {
    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
