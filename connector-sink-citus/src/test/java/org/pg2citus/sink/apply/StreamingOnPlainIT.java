package org.pg2citus.sink.apply;

class StreamingOnPlainIT extends StreamingScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
