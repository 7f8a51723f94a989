"""Pictures for people, as SVG: what charts, timelines and maps are drawn with. Knows no records.

No picture holds a style or a script, which the content policy forbids: looks are attributes of each element.
"""
