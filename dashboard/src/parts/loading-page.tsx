/** Stands in for a page that is on its way, so that little moves when it comes. */
export function LoadingPage() {
  return (
    <div className="loading skeleton" role="status" aria-label="Loading">
      <span />
      <span />
      <span />
    </div>
  )
}
