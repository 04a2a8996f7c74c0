package org.pg2citus.sink.apply;

class TypesOnCitusIT extends TypeScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
