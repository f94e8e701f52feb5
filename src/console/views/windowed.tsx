/** A list of rows of one height, of which only those are made that can be seen. */
import type { ComponentChildren, HTMLAttributes } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface WindowedProps extends Omit<HTMLAttributes<HTMLDivElement>, 'ref'> {
  readonly count: number
  /** Of a row, in pixels. */
  readonly rowHeight: number
  /** One row; its place is given by the list. */
  readonly row: (index: number) => ComponentChildren
  /** The row that is brought into sight whenever another one is meant, which its key tells. */
  readonly reveal?: { readonly key: string | undefined; readonly index: number } | undefined
  /** Keeps the end in sight as long as one has not scrolled away from it. */
  readonly follow?: boolean
}

/** So many rows beyond those in sight are made on either side. */
const BEYOND = 8

export function Windowed({ count, rowHeight, row, reveal, follow = false, ...rest }: WindowedProps) {
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  const atEnd = useRef(true)
  const look = () => {
    // Its size may be told of when it is gone already.
    if (!box.current) return
    const { scrollTop, clientHeight, scrollHeight } = box.current
    atEnd.current = scrollTop + clientHeight >= scrollHeight - rowHeight
    setView((old) =>
      old.top === scrollTop && old.height === clientHeight ? old : { top: scrollTop, height: clientHeight },
    )
  }
  useEffect(() => {
    const observer = new ResizeObserver(look)
    observer.observe(box.current as HTMLDivElement)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement
    if (follow && atEnd.current) element.scrollTop = element.scrollHeight
  }, [count, follow])
  useLayoutEffect(() => {
    if (!reveal || reveal.index < 0) return
    const element = box.current as HTMLDivElement
    const top = reveal.index * rowHeight
    if (top < element.scrollTop) element.scrollTop = top
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight
    }
  }, [reveal?.key])
  const from = Math.max(0, Math.floor(view.top / rowHeight) - BEYOND)
  const to = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + BEYOND)
  const rows = []
  for (let index = from; index < to; index++) rows.push(row(index))
  return (
    <div {...rest} ref={box} onScroll={look} class={`windowed ${rest.class ?? ''}`}>
      <div role="presentation" style={{ height: `${count * rowHeight}px` }}>
        <div role="presentation" style={{ transform: `translateY(${from * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  )
}
