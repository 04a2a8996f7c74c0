package org.pg2citus.sink.apply;

class DivergenceOnPlainIT extends DivergenceScenarios {
    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
