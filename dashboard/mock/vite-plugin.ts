/** Puts the made-up control plane in the place of a real one, in Vite's servers; a cookie `scenario` chooses what it shows. */
import type { Connect, Plugin } from 'vite'
import { answerMocked } from './mock-server.ts'
import { createScenario, SCENARIO_NAMES, type Scenario, type ScenarioName } from './scenarios.ts'

export function mockControlPlane(): Plugin {
  return {
    name: 'radix-mock-control-plane',
    configureServer: ({ middlewares }) => void middlewares.use(createMiddleware()),
    configurePreviewServer: ({ middlewares }) => void middlewares.use(createMiddleware()),
  }
}

function createMiddleware(): Connect.NextHandleFunction {
  const scenarios = new Map<ScenarioName, Scenario>()
  return (request, response, next) => {
    const name = SCENARIO_NAMES.find((each) => request.headers.cookie?.includes(`scenario=${each}`)) ?? 'busy'
    const scenario = scenarios.get(name) ?? createScenario(name, Date.now())
    scenarios.set(name, scenario)
    scenario.catchUp(Date.now())
    answerMocked(scenario.handlers, request, response).then((isAnswered) => {
      if (!isAnswered) next()
    }, next)
  }
}
