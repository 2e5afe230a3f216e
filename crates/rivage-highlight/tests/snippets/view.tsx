export function List<T>({ items, render }: { items: T[]; render: (item: T) => JSX.Element }) {
  const [open, setOpen] = useState<boolean>(false);
  return (<ul className="list" style={{ color: 'red', width: `${n}px` }} onClick={(e) => setOpen(!open)}>
    {items.map((item, i) => <li key={i} data-x='y'>{render(item)} {/* comment */} text &copy; {open ? <b>yes</b> : null}</li>)}
  </ul>);
}
