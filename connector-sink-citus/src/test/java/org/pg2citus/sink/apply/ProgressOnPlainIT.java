package org.pg2citus.sink.apply;

class ProgressOnPlainIT extends ProgressScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
