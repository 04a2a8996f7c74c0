package org.pg2citus.sink.apply;

class ProgressOnCitusIT extends ProgressScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
