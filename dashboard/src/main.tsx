import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './api/query-client.ts'
import { preloadChunks } from './parts/chunks.ts'
import { createDashboardRouter } from './router.tsx'
import './styles/base.css'
import './styles/page.css'
import './styles/form.css'
import './styles/table.css'
import './styles/note.css'
import './styles/live.css'
import './styles/compare.css'
import './styles/print.css'

const queryClient = createQueryClient(() => {
  // Where somebody was going is where they come back to.
  const { pathname, searchStr } = router.state.location
  if (pathname === '/sign-in') return
  // A new page: what was read is no other person's to see.
  window.location.assign(`/sign-in?${new URLSearchParams({ next: pathname + searchStr })}`)
})
const router = createDashboardRouter(queryClient)

const root = document.getElementById('root')
if (!root) throw new Error('the page has no root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
preloadChunks()
