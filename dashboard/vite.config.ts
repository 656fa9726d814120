import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { compressFiles } from './compress.ts'

/**
 * Built into dist/dashboard, from where the control plane serves it. `vite dashboard` serves it beside a running control plane,
 * `npm run dashboard` over one that is made up (mock/).
 */
export default defineConfig(async ({ mode }) => ({
  root: import.meta.dirname,
  plugins: [
    react(),
    compressFiles(),
    ...(mode === 'mock' ? [(await import('./mock/vite-plugin.ts')).mockControlPlane()] : []),
  ],
  build: {
    outDir: join(import.meta.dirname, '..', 'dist', 'dashboard'),
    emptyOutDir: true,
    target: 'es2024',
    // The content security policy allows no `data:` but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What pages share comes as one file, not as a dozen; charts come where they are shown.
        codeSplitting: { groups: [{ name: 'shared', test: /dashboard\/src\/parts\/[^/]+$/ }] },
      },
    },
  },
  server: { proxy: { '/v1': process.env.RADIX_API_BASE ?? 'http://127.0.0.1:8080' } },
}))
