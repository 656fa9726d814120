/**
 * For programs that tests start: the threads of PyTorch sleep while they wait. By default they spin, and where tests share two
 * cores that takes several times as long as the work.
 */
export const WAITING_THREADS = { OMP_WAIT_POLICY: 'PASSIVE' }
