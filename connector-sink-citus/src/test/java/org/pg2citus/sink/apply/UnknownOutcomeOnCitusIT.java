package org.pg2citus.sink.apply;

class UnknownOutcomeOnCitusIT extends UnknownOutcomeScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
