import { expect, it } from 'vitest'
import { selectContainerEnvironment, selectJobEnvironment } from './job-environment.ts'

it('always names a user, which the compiler of PyTorch needs', () => {
  expect(selectJobEnvironment({})).toMatchObject({ USER: 'radix', LOGNAME: 'radix' })
  expect(selectJobEnvironment({ USER: 'ada' })).toMatchObject({ USER: 'ada', LOGNAME: 'ada' })
  expect(selectJobEnvironment({ LOGNAME: 'ada' })).toMatchObject({ USER: 'ada', LOGNAME: 'ada' })
  expect(selectContainerEnvironment({ USER: 'ada' })).toMatchObject({ USER: 'radix', LOGNAME: 'radix' })
})

it('passes on the paths of Python and of compiler caches, and no secret', () => {
  const env = {
    TORCHINDUCTOR_CACHE_DIR: '/cache/inductor',
    TRITON_CACHE_DIR: '/cache/triton',
    PYTHONPATH: '/opt/packages',
    VIRTUAL_ENV: '/opt/venv',
    CONDA_PREFIX: '/opt/conda',
  }
  const secrets = { RADIX_ONBOARDING_TOKEN: 'x', AWS_SECRET_ACCESS_KEY: 'x' }
  expect(selectJobEnvironment({ ...env, ...secrets })).toMatchObject(env)
  expect(Object.keys(selectJobEnvironment({ ...env, ...secrets }))).not.toContain('AWS_SECRET_ACCESS_KEY')
  // These are paths of the machine, which a container does not have.
  for (const name of Object.keys(env)) expect(selectContainerEnvironment(env)).not.toHaveProperty(name)
})
