package org.pg2citus.sink.apply;

class SemanticsOnPlainIT extends SemanticsScenarios {
    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
