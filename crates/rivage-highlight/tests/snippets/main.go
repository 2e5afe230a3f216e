package main // c
import ( "fmt"; x "os" )
type T[K comparable, V any] struct { *Base; a, b int `json:"a,omitempty"`; f func(int) (string, error); ch <-chan []map[string]interface{} }
func (t *T[K, V]) M(args ...string) (n int, err error) { defer func() { recover() }(); go t.run(); x := []rune{'a', '\n', '\u00e9'}; y := `raw
text`; for i, v := range x { switch v := v.(type) { case int: fallthrough; default: goto end } }
end: const ( A = iota + 0x1F; B = 1_000.5e3i ); fmt.Printf("%d %-5s\t", a&^b<<2, y); return len(x), nil }
