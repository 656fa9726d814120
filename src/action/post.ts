/** The Action's post step, as action.yml names it: bundled into dist/action/. */
import * as toolkit from '@actions/core'
import { drainOutput } from '../cli/shared/output.ts'
import { surviveClosedOutput } from '../system/closed-output.ts'
import { useProxyOf } from '../system/proxy.ts'
import { runPost } from './action.ts'

surviveClosedOutput()
useProxyOf(process.env)
await runPost({ toolkit, env: process.env })
await drainOutput()
process.exit()
