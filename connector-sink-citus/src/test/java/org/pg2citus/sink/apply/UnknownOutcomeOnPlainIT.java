package org.pg2citus.sink.apply;

class UnknownOutcomeOnPlainIT extends UnknownOutcomeScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
