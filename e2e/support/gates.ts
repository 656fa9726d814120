/** Where a test can make a process of the harness fail or die. */
export { type Fault, Gates } from '../../src/harness/testing/gates.ts'
