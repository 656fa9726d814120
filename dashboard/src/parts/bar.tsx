/** A number as a bar of the largest one; the number itself stands beside it. */
const WIDTH = 160

export function Bar({ value, largest }: { value: number; largest: number }) {
  return (
    <svg
      className="bar"
      viewBox={`0 0 ${WIDTH} 10`}
      width={WIDTH}
      height="10"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className="ground" width={WIDTH} height="10" rx="3" />
      <rect width={largest > 0 ? Math.max(2, (value / largest) * WIDTH) : 0} height="10" rx="3" />
    </svg>
  )
}
